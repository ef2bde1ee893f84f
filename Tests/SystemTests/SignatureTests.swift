import SluiceCrypto
import Testing

@Suite("Signatures and long hashes")
struct SignatureTests {
  /// RFC 8032 section 7.1: TEST 1, 2, 3 and SHA(abc).
  struct Vector: Sendable {
    let seed, publicKey, message, signature: String
  }

  static let vectors = [
    Vector(
      seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
      message: "",
      signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    Vector(
      seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
      message: "72",
      signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    Vector(
      seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
      message: "af82",
      signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
    Vector(
      seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
      publicKey: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
      message: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
      signature: "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
        + "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"),
  ]

  @Test("keys and signatures are those of RFC 8032", arguments: vectors)
  func rfc8032(vector: Vector) throws {
    let seed = try #require(Hexadecimal.decode(vector.seed))
    let message = try #require(Hexadecimal.decode(vector.message))
    let signature = try #require(Hexadecimal.decode(vector.signature))
    let key = try #require(Ed25519.PrivateKey(rawRepresentation: seed))
    #expect(Hexadecimal.encode(key.publicKey.rawRepresentation) == vector.publicKey)
    #expect(key.publicKey.isValid(signature: signature, for: message))
    // CryptoKit's signatures differ from one to the next: what counts is that they verify.
    let own = key.sign(message)
    #expect(own.count == 64)
    #expect(key.publicKey.isValid(signature: own, for: message))
  }

  @Test("a signature holds for one key, one message and its own 64 bytes only")
  func refusals() throws {
    let key = Ed25519.PrivateKey()
    let message = Array("advance to 25 %".utf8)
    let signature = key.sign(message)
    #expect(key.publicKey.isValid(signature: signature, for: message))
    for place in [0, 31, 32, 63] {
      var altered = signature
      altered[place] ^= 1
      #expect(!key.publicKey.isValid(signature: altered, for: message))
    }
    #expect(!key.publicKey.isValid(signature: signature, for: message + [0]))
    #expect(!key.publicKey.isValid(signature: Array(signature.dropLast()), for: message))
    #expect(!key.publicKey.isValid(signature: signature + [0], for: message))
    #expect(!Ed25519.PrivateKey().publicKey.isValid(signature: signature, for: message))
    let noPoint = try #require(
      Ed25519.PublicKey(rawRepresentation: [UInt8](repeating: 0xFF, count: 32)))
    #expect(!noPoint.isValid(signature: signature, for: message))
    #expect(Ed25519.PublicKey(rawRepresentation: []) == nil)
    #expect(Ed25519.PrivateKey(rawRepresentation: [UInt8](repeating: 1, count: 33)) == nil)
  }

  @Test("a private key does not show itself")
  func secrecy() {
    let key = Ed25519.PrivateKey()
    let digits = Hexadecimal.encode(key.rawRepresentation)
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), dumped, "\([key])"] {
      #expect(!text.contains(digits))
      #expect(!text.contains("\(key.rawRepresentation)"))
    }
  }

  @Test("a million bytes hash as FIPS 180-4's example, whole and in parts of any size")
  func million() {
    let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    let expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    #expect(SHA256Digest.hex(bytes) == expected)
    var hasher = SHA256Hasher()
    var rest = bytes[...]
    var size = 1
    while !rest.isEmpty {
      hasher.update(rest.prefix(size))
      rest = rest.dropFirst(size)
      size = size % 977 + 13
    }
    #expect(Hexadecimal.encode(hasher.finalize()) == expected)
  }

  @Test("a copy of a running hash goes its own way")
  func copies() {
    var one = SHA256Hasher()
    one.update(Array("ab".utf8))
    var two = one
    one.update(Array("c".utf8))
    two.update("x".utf8)
    #expect(one.finalize() == SHA256Digest.hash(Array("abc".utf8)))
    #expect(one.finalize() == SHA256Digest.hash(Array("abc".utf8)))
    #expect(two.finalize() == SHA256Digest.hash(Array("abx".utf8)))
    two.update(stride(from: UInt8(1), to: 4, by: 1))
    #expect(two.finalize() == SHA256Digest.hash(Array("abx".utf8) + [1, 2, 3]))
  }
}
