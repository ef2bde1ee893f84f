// Linux has a part of Foundation by itself that brings no tables of languages along: a program that needs
// no more is smaller and starts sooner. macOS has all of it in the system.
#if canImport(FoundationEssentials)
  @_exported import FoundationEssentials
#else
  @_exported import Foundation
#endif
