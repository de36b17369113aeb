internal import FoundationEssentials

/// What can be told of a private key file without its passphrase.
struct PrivateKeyFile {
  let bytes: [UInt8]
  let isRSA: Bool
  let isEncrypted: Bool

  /// Understands OpenSSH's own form, where the public key stands in clear, and PEM.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    let text = String(decoding: bytes, as: UTF8.self)
    let lines = text.split(whereSeparator: \.isNewline)
    let body = lines.filter { !$0.hasPrefix("-----") }.joined()
    if text.contains("BEGIN OPENSSH PRIVATE KEY"), let data = Data(base64Encoded: body),
      let header = Self.openSSHHeader(Array(data))
    {
      isRSA = header.type == "ssh-rsa"
      isEncrypted = header.cipher != "none"
    } else {
      // A PKCS #8 file names the algorithm near its beginning: 1.2.840.113549.1.1.1 is RSA.
      let rsa: [UInt8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]
      let start = Array(Data(base64Encoded: body)?.prefix(40) ?? Data())
      isRSA =
        text.contains("BEGIN RSA PRIVATE KEY")
        || start.indices.contains { start[$0...].starts(with: rsa) }
      isEncrypted =
        text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED")
    }
  }

  /// The fields in front of the encrypted part: magic, cipher, key derivation and its options,
  /// number of keys, public key.
  private static func openSSHHeader(_ bytes: [UInt8]) -> (cipher: String, type: String)? {
    let magic = Array("openssh-key-v1\0".utf8)
    guard bytes.starts(with: magic) else { return nil }
    var reader = WireReader(Array(bytes.dropFirst(magic.count)))
    guard let cipher = reader.string(), reader.string() != nil, reader.string() != nil,
      reader.uint32() != nil, let blob = reader.string()
    else { return nil }
    return (String(decoding: cipher, as: UTF8.self), keyType(ofPublicKey: blob))
  }
}
