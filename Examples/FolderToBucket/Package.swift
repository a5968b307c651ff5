// swift-tools-version: 6.2
import PackageDescription

// A program of its own that uses the library, built by CI so that what the documentation says stays true.
let package = Package(
  name: "FolderToBucket",
  dependencies: [.package(name: "isobar", path: "../..")],
  targets: [
    .executableTarget(
      name: "FolderToBucket",
      dependencies: [.product(name: "Isobar", package: "isobar")],
      swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("MemberImportVisibility")])
  ]
)
