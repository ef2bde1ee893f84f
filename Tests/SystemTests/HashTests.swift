import SluiceCrypto
import Testing

@Suite("Hashes and text codings")
struct HashTests {
  @Test(
    "SHA-256 is the one of FIPS 180-4",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
  func sha256(text: String, hex: String) {
    #expect(SHA256Digest.hex(Array(text.utf8)) == hex)
    var hasher = SHA256Hasher()
    for byte in text.utf8 { hasher.update([byte]) }
    #expect(Hexadecimal.encode(hasher.finalize()) == hex)
  }

  @Test("SHA-1 makes the answer of RFC 6455's handshake")
  func sha1() {
    let key = "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    #expect(Base64.encode(SHA1Digest.hash(Array(key.utf8))) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }

  @Test("base64 is RFC 4648's, and only the canonical form is read")
  func base64() {
    let pairs = [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"),
    ]
    for (plain, coded) in pairs {
      #expect(Base64.encode(Array(plain.utf8)) == coded)
      #expect(Base64.decode(coded) == Array(plain.utf8))
    }
    for text in ["Zg", "Zh==", "Zg=", "Z===", "Zm9v\n", "Zm9*"] {
      #expect(Base64.decode(text) == nil)
    }
    #expect(Hexadecimal.decode("0aFf") == [0x0A, 0xFF])
    #expect(Hexadecimal.decode("0") == nil)
    #expect(Hexadecimal.decode("zz") == nil)
  }
}
