// The part of CryptoKit that Sluice uses, as Apple declares it: enough to compile against, and nothing runs.

import Foundation
public protocol Digest: ContiguousBytes, CustomStringConvertible, Hashable, Sendable, Sequence
where Element == UInt8 { static var byteCount: Int { get } }
public protocol HashFunction: Sendable {
  associatedtype Digest: CryptoKit.Digest
  static var blockByteCount: Int { get }
  init()
  mutating func update(bufferPointer: UnsafeRawBufferPointer)
  func finalize() -> Digest
}
extension HashFunction {
  public static func hash<D: DataProtocol>(data: D) -> Self.Digest { fatalError() }
  public mutating func update<D: DataProtocol>(data: D) {}
}
public struct SHA256Digest: Digest {
  public static var byteCount: Int { 32 }
  public func makeIterator() -> Array<UInt8>.Iterator { fatalError() }
  public var description: String { "" }
  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    fatalError()
  }
}
public struct SHA256: HashFunction {
  public typealias Digest = SHA256Digest
  public static var blockByteCount: Int { 64 }
  public init() {}
  public mutating func update(bufferPointer: UnsafeRawBufferPointer) {}
  public func finalize() -> SHA256Digest { fatalError() }
}
public enum Insecure {
  public struct SHA1Digest: Digest {
    public static var byteCount: Int { 20 }
    public func makeIterator() -> Array<UInt8>.Iterator { fatalError() }
    public var description: String { "" }
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
      fatalError()
    }
  }
  public struct SHA1: HashFunction {
    public typealias Digest = SHA1Digest
    public static var blockByteCount: Int { 64 }
    public init() {}
    public mutating func update(bufferPointer: UnsafeRawBufferPointer) {}
    public func finalize() -> SHA1Digest { fatalError() }
  }
}
public struct SymmetricKey: Sendable {
  public init<D: ContiguousBytes>(data: D) {}
}
public protocol MessageAuthenticationCode: ContiguousBytes, Hashable, Sendable, Sequence
where Element == UInt8 {}
public struct HashedAuthenticationCode<H: HashFunction>: MessageAuthenticationCode {
  public static func == (one: Self, other: Self) -> Bool { fatalError() }
  public func hash(into hasher: inout Hasher) {}
  public func makeIterator() -> Array<UInt8>.Iterator { fatalError() }
  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    fatalError()
  }
}
public struct HMAC<H: HashFunction>: Sendable {
  public typealias Key = SymmetricKey
  public typealias MAC = HashedAuthenticationCode<H>
  public static func authenticationCode<D: DataProtocol>(for data: D, using key: SymmetricKey)
    -> MAC
  { fatalError() }
}
public enum Curve25519 {
  public enum Signing {
    public struct PublicKey: Sendable {
      public init<D: ContiguousBytes>(rawRepresentation: D) throws {}
      public var rawRepresentation: Data { Data() }
      public func isValidSignature<S: DataProtocol, D: DataProtocol>(_ signature: S, for data: D)
        -> Bool
      { false }
    }
    public struct PrivateKey: Sendable {
      public init() {}
      public init<D: ContiguousBytes>(rawRepresentation: D) throws {}
      public var publicKey: PublicKey { fatalError() }
      public func signature<D: DataProtocol>(for data: D) throws -> Data { fatalError() }
      public var rawRepresentation: Data { Data() }
    }
  }
}
