import Markup

/// The one account that an emulator has.
enum DropboxAccount {
  /// The namespace of its files: home and root at once, as of an account without a team.
  static let namespace = "1234567890"
  static let id = "dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc"

  static let rootInfo: JSONObject = [
    ".tag": "user", "root_namespace_id": .string(namespace), "home_namespace_id": .string(namespace),
  ]

  static let json: JSONValue = .object([
    "account_id": .string(id),
    "name": .object([
      "given_name": "Ada", "surname": "Example", "familiar_name": "Ada", "display_name": "Ada Example", "abbreviated_name": "AE",
    ]),
    "email": "ada@example.org", "email_verified": true, "disabled": false, "locale": "en",
    "referral_link": "https://www.dropbox.com/referrals/AAAA", "is_paired": false, "country": "CH",
    "account_type": .object([".tag": "basic"]), "root_info": .object(rootInfo),
  ])
}
