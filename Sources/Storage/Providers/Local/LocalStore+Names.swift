import Files
import ObjectStorage

extension LocalStore {
  /// Which names the root's file system can hold. Those of Windows, and shares of such, are stricter than Linux; the rest takes bytes.
  static func nameRules(of root: ConfinedDirectory) -> NameRules {
    switch root.fileSystemKind {
    // vfat, exFAT, NTFS (two drivers), SMB 1 and SMB 2.
    case 0x4D44, 0x2011_BAB0, 0x5346_544E, 0x7366_746E, 0xFF53_4D42, 0xFE53_4D42: .windows
    default: NameRules()
    }
  }
}
