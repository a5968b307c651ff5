// swift-tools-version: 6.2
import PackageDescription

// Five floors; imports only go down (docs/architecture.md). `scripts/check-imports` holds every import against this file.

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
  .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

func systemLibrary(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(name: name, path: "Sources/C/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func target(_ name: String, _ path: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, path: "Sources/\(path)", swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)Tests", resources: resources, swiftSettings: settings)
}

let cLibraries: [Target] = [
  .target(name: "CSystem", path: "Sources/C/CSystem", cSettings: [.unsafeFlags(["-O2"])]),
  .target(name: "CLanes", path: "Sources/C/CLanes", cSettings: [.unsafeFlags(["-O2"])]),
  systemLibrary("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
  systemLibrary("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
  .target(name: "CPages", dependencies: ["CSQLite"], path: "Sources/C/CPages", cSettings: [.unsafeFlags(["-O2"])]),
  systemLibrary("COpenSSL", pkgConfig: "libcrypto", apt: "libssl-dev"),
  systemLibrary("CISAL", pkgConfig: "libisal", apt: "libisal-dev"),
  systemLibrary("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
  systemLibrary("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
  systemLibrary("CExpat", pkgConfig: "expat", apt: "libexpat1-dev"),
  systemLibrary("CGit2", pkgConfig: "libgit2", apt: "libgit2-dev"),
  systemLibrary("CUTF8Proc", pkgConfig: "libutf8proc", apt: "libutf8proc-dev"),
  systemLibrary("CMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
]

let base: [Target] = [
  target("Primitives", "Base/Primitives", ["CSystem"]),
  target("Concurrency", "Base/Concurrency", ["CSystem"]),
  target("Observability", "Base/Observability", ["Primitives", "Concurrency"]),
  target("Files", "Base/Files", ["Primitives", "CSystem"]),
  target("Crypto", "Base/Crypto", ["Primitives", "COpenSSL", "CISAL", "CLanes", "CSystem"]),
  target("Age", "Base/Age", ["Primitives", "Concurrency", "Crypto"]),
  target("Compression", "Base/Compression", ["CZstd"]),
  target("Chunking", "Base/Chunking", ["Primitives", "Crypto"]),
  target("HTTPMessages", "Base/HTTPMessages"),
  target("HTTPClient", "Base/HTTPClient", ["HTTPMessages", "Primitives", "Concurrency", "CCurl", "CSystem"]),
  target(
    "HTTPServer", "Base/HTTPServer", ["HTTPMessages", "Primitives", "Concurrency", "Files", "CMicroHTTPD", "CSystem"]),
  target("SQL", "Base/SQL", ["Primitives", "CSQLite", "CPages"]),
  target("Markup", "Base/Markup", ["Primitives", "CExpat", "CYAML"]),
  target("TextMerge", "Base/TextMerge", ["CGit2"]),
  target("Normalization", "Base/Normalization", ["CUTF8Proc"]),
  target("Arguments", "Base/Arguments", ["Primitives", "Markup"]),
]

let storage: [Target] = [
  target("ObjectStorage", "Storage/ObjectStorage", ["Primitives", "Normalization"]),
  target(
    "StoreLayers", "Storage/StoreLayers",
    ["ObjectStorage", "Normalization", "Primitives", "Concurrency", "Observability", "Crypto"]),
  target(
    "EncryptionLayer", "Storage/EncryptionLayer",
    ["ProviderSupport", "ObjectStorage", "StoreLayers", "Age", "Crypto", "Concurrency", "Files", "Primitives"]),
  target(
    "CompressionLayer", "Storage/CompressionLayer",
    ["ObjectStorage", "Compression", "Crypto", "Primitives", "Concurrency", "Files"]),
  target("MemoryStorage", "Storage/Providers/Memory", ["ObjectStorage", "Primitives", "Concurrency", "Crypto"]),
  target("LocalStorage", "Storage/Providers/Local", ["ObjectStorage", "Primitives", "Concurrency", "Files", "Crypto"]),
  target(
    "ProviderSupport", "Storage/ProviderSupport", ["ObjectStorage", "Primitives", "Concurrency", "Crypto", "Files", "HTTPMessages"]),
  target(
    "S3Storage", "Storage/Providers/S3",
    [
      "ProviderSupport", "ObjectStorage", "Primitives", "Concurrency", "Crypto", "Files", "HTTPClient", "HTTPMessages", "Markup",
    ]),
  target(
    "GCSStorage", "Storage/Providers/GCS",
    [
      "ProviderSupport", "ObjectStorage", "Primitives", "Concurrency", "Crypto", "Files", "HTTPClient", "HTTPMessages", "Markup",
    ]),
  target(
    "AzureStorage", "Storage/Providers/Azure",
    [
      "ProviderSupport", "ObjectStorage", "Primitives", "Concurrency", "Crypto", "Files", "HTTPClient", "HTTPMessages", "Markup",
    ]),
  target(
    "DropboxStorage", "Storage/Providers/Dropbox",
    [
      "ProviderSupport", "ObjectStorage", "Primitives", "Concurrency", "Crypto", "Files", "HTTPClient", "HTTPMessages", "Markup",
    ]),
]

let engines: [Target] = [
  target("Delta", "Engines/Delta", ["Primitives", "Crypto", "Chunking"]),
  target("Catalog", "Engines/Catalog", ["ObjectStorage", "Primitives", "Crypto", "Files", "SQL"]),
  target(
    "Sync", "Engines/Sync",
    [
      "Delta", "Chunking", "ObjectStorage", "StoreLayers", "Catalog", "Primitives", "Concurrency", "Observability", "Crypto",
      "TextMerge",
    ]),
  target("Changes", "Engines/Changes", ["ObjectStorage", "Catalog", "Primitives"]),
  target("Transfer", "Engines/Transfer", ["ObjectStorage", "Catalog", "Primitives", "Concurrency", "Files", "Sync"]),
]

let app: [Target] = [
  target(
    "Emulators", "App/Emulators",
    ["Normalization", "HTTPServer", "HTTPClient", "HTTPMessages", "Primitives", "Concurrency", "Crypto", "Files", "Markup", "SQL"]),
  target("Configuration", "App/Configuration", ["Primitives", "Files", "Markup", "ObjectStorage"]),
  target(
    "Composition", "App/Composition",
    [
      "Configuration", "ObjectStorage", "StoreLayers", "MemoryStorage", "LocalStorage", "S3Storage", "GCSStorage", "AzureStorage",
      "DropboxStorage", "ProviderSupport", "Catalog",
      "Sync",
      "Transfer", "Concurrency", "Observability", "HTTPClient", "HTTPMessages", "Primitives", "Crypto", "Files", "Compression",
      "CompressionLayer",
      "Age",
      "EncryptionLayer",
    ]),
  target(
    "Isobar", "App/Isobar",
    [
      "Composition", "Configuration", "ObjectStorage", "StoreLayers", "LocalStorage", "S3Storage", "GCSStorage", "AzureStorage",
      "DropboxStorage", "HTTPClient",
      "HTTPMessages",
      "Catalog",
      "Sync",
      "Transfer", "Primitives", "Concurrency", "Observability",
    ]),
  target(
    "Commands", "App/Commands",
    [
      "Arguments", "Emulators", "HTTPServer", "HTTPMessages", "Composition", "Configuration", "ObjectStorage", "Catalog", "Changes",
      "Sync", "Transfer", "Primitives", "Concurrency",
      "Observability", "Markup", "StoreLayers", "Age", "Crypto", "Files",
    ]),
  .executableTarget(name: "IsobarCommand", dependencies: ["Commands"], path: "Sources/App/isobar", swiftSettings: settings),
]

let testing: [Target] = [
  // Limits how many tests run at once. All test targets become one program, so that one of them brings it for all.
  .target(name: "CTestWidth", path: "Sources/Testing/CTestWidth"),
  .target(
    name: "CSimulatedDisk", dependencies: ["CSQLite"], path: "Sources/Testing/CSimulatedDisk", cSettings: [.unsafeFlags(["-O2"])]),
  target(
    "Simulation", "Testing/Simulation",
    [
      "CSimulatedDisk", "Sync", "Catalog", "StoreLayers", "ObjectStorage", "MemoryStorage", "Primitives", "Concurrency",
    ]),
  // Left out of products: `swift build --product isobar-sim` builds it by name.
  .executableTarget(
    name: "isobar-sim", dependencies: ["Simulation"], path: "Sources/Testing/isobar-sim",
    swiftSettings: settings),
  target(
    "StoreTesting", "Testing/StoreTesting", ["ObjectStorage", "HTTPClient", "HTTPMessages", "Primitives", "Concurrency", "Crypto"]),
  target(
    "SyncTesting", "Testing/SyncTesting",
    [
      "StoreTesting", "Age", "EncryptionLayer", "CompressionLayer", "Sync", "Catalog", "StoreLayers", "ObjectStorage",
      "MemoryStorage",
      "LocalStorage", "S3Storage", "HTTPClient", "HTTPMessages",
      "Concurrency", "Primitives", "Crypto",
    ]),
]

let testTargets: [Target] = [
  tests("Primitives", ["Primitives", "CTestWidth"]),
  tests("Concurrency", ["Concurrency", "Primitives"]),
  tests("Observability", ["Observability", "Primitives", "Concurrency"]),
  tests("Files", ["Files", "Concurrency", "Primitives", "CSystem"]),
  tests("Crypto", ["Crypto", "Primitives"]),
  tests("Age", ["Age", "Crypto", "Concurrency", "Primitives", "Files"]),
  tests("Chunking", ["Chunking", "Crypto", "Primitives"], resources: [.copy("Golden")]),
  tests("Compression", ["Compression", "Files", "Primitives"]),
  tests("Delta", ["Delta", "Chunking", "Crypto", "Primitives"]),
  tests("HTTPClient", ["HTTPClient", "HTTPMessages", "StoreTesting", "Concurrency", "Primitives"]),
  tests("HTTPServer", ["HTTPServer", "HTTPClient", "HTTPMessages", "Concurrency", "Files", "Primitives", "StoreTesting"]),
  tests("SQL", ["SQL", "Primitives"]),
  tests("Markup", ["Markup", "Primitives"]),
  tests("TextMerge", ["TextMerge"]),
  tests("Normalization", ["Normalization"]),
  tests("Arguments", ["Arguments", "Markup", "Primitives"], resources: [.copy("Golden")]),
  tests(
    "StoreLayers", ["StoreLayers", "ObjectStorage", "MemoryStorage", "StoreTesting", "Concurrency", "Observability", "Primitives"]),
  tests(
    "EncryptionLayer",
    [
      "EncryptionLayer", "Age", "Crypto", "StoreLayers", "ObjectStorage", "MemoryStorage", "LocalStorage", "StoreTesting",
      "SyncTesting",
      "Concurrency", "Files", "Primitives",
    ]),
  tests(
    "ProviderSupport", ["ProviderSupport", "ObjectStorage", "HTTPMessages", "Crypto", "Concurrency", "Primitives"]),
  tests("LocalStorage", ["LocalStorage", "ObjectStorage", "Files", "Concurrency", "Primitives"]),
  tests(
    "S3Storage",
    [
      "S3Storage", "StoreLayers", "StoreTesting", "SyncTesting", "ObjectStorage", "HTTPClient", "HTTPMessages", "Concurrency",
      "Primitives",
      "Crypto", "Files", "Markup",
    ]),
  tests(
    "GCSStorage",
    [
      "GCSStorage", "Emulators", "HTTPServer", "StoreLayers", "EncryptionLayer", "Age", "CompressionLayer", "Compression",
      "StoreTesting", "ObjectStorage", "HTTPClient", "HTTPMessages", "Concurrency", "Primitives", "Crypto", "Files", "Markup",
    ]),
  tests(
    "AzureStorage",
    [
      "AzureStorage", "ProviderSupport", "Emulators", "HTTPServer", "StoreLayers", "StoreTesting", "ObjectStorage", "HTTPClient",
      "HTTPMessages", "Concurrency", "Primitives", "Crypto", "Files", "Markup",
    ]),
  tests(
    "DropboxStorage",
    [
      "DropboxStorage", "Emulators", "HTTPServer", "StoreLayers", "StoreTesting", "SyncTesting", "Sync", "Catalog", "ObjectStorage",
      "HTTPClient", "HTTPMessages", "Concurrency", "Primitives", "Crypto", "Files", "Markup",
    ]),
  tests(
    "Emulators",
    [
      "Emulators", "HTTPServer", "HTTPClient", "HTTPMessages", "StoreTesting", "Concurrency", "Primitives", "Crypto", "Files",
      "Markup",
      "SQL",
    ]),
  tests(
    "Conformance",
    [
      "StoreTesting", "ObjectStorage", "MemoryStorage", "LocalStorage", "S3Storage", "AzureStorage", "GCSStorage", "DropboxStorage",
      "HTTPClient", "HTTPMessages", "Concurrency",
      "Primitives",
      "Crypto", "Compression", "CompressionLayer",
    ]),
  tests(
    "CompressionLayer",
    [
      "CompressionLayer", "Compression", "EncryptionLayer", "Age", "ObjectStorage", "StoreLayers", "MemoryStorage", "StoreTesting",
      "Crypto", "Files",
      "Concurrency", "Primitives",
    ]),
  tests("Catalog", ["Catalog", "ObjectStorage", "Primitives", "SQL"], resources: [.copy("Golden")]),
  tests(
    "Sync",
    [
      "Sync", "Catalog", "StoreLayers", "ObjectStorage", "MemoryStorage", "LocalStorage", "StoreTesting", "SyncTesting",
      "Primitives", "Concurrency",
    ]),
  tests(
    "EdgeCase",
    [
      "SyncTesting", "StoreTesting", "Sync", "Transfer", "Catalog", "StoreLayers", "ObjectStorage", "MemoryStorage", "LocalStorage",
      "S3Storage", "HTTPClient", "HTTPMessages", "Files", "SQL", "Crypto", "Primitives", "Concurrency",
    ]),
  tests(
    "State",
    ["SyncTesting", "Sync", "Catalog", "SQL", "LocalStorage", "MemoryStorage", "ObjectStorage", "Concurrency", "Primitives"]),
  tests(
    "Changes", ["Changes", "Catalog", "StoreLayers", "ObjectStorage", "MemoryStorage", "StoreTesting", "Primitives", "Concurrency"]),
  tests(
    "Transfer",
    [
      "SyncTesting", "Transfer", "Sync", "Catalog", "StoreLayers", "ObjectStorage", "MemoryStorage", "LocalStorage", "Primitives",
      "Concurrency",
    ]),
  tests(
    "Composition",
    [
      "Composition", "Configuration", "Age", "Crypto", "EncryptionLayer", "StoreLayers", "ObjectStorage", "MemoryStorage",
      "LocalStorage", "S3Storage", "GCSStorage", "AzureStorage", "DropboxStorage", "HTTPClient", "HTTPMessages",
      "Catalog", "Sync", "Concurrency", "Primitives", "Compression", "CompressionLayer",
    ]),
  tests("Isobar", ["Isobar"]),
  tests("Configuration", ["Configuration", "Markup", "ObjectStorage", "Primitives"]),
  tests(
    "Commands",
    [
      "Commands", "Arguments", "Markup", "Primitives", "Concurrency", "Emulators", "HTTPServer", "HTTPClient", "HTTPMessages",
    ], resources: [.copy("Golden")]),
  .testTarget(
    name: "SimulationTests", dependencies: ["Simulation", "Sync", "Catalog", "ObjectStorage", "Primitives"],
    path: "Tests/Simulation", exclude: ["Mutants", "Corpus"], swiftSettings: settings),
  tests("EndToEnd", ["StoreTesting", "Primitives", "Markup"]),
]

// Left out of products: `make bench` builds it by name.
let benchmarks: [Target] = [
  .executableTarget(
    name: "PlanBenchmark", dependencies: ["Catalog", "Sync", "ObjectStorage", "Primitives"], path: "Benchmarks/Plan",
    swiftSettings: settings),
  .executableTarget(
    name: "EncryptionBenchmark",
    dependencies: ["Age", "Crypto", "EncryptionLayer", "MemoryStorage", "ObjectStorage", "Primitives"],
    path: "Benchmarks/Encryption",
    swiftSettings: settings),
  .executableTarget(
    name: "ChunkingBenchmark", dependencies: ["Chunking", "Delta", "Primitives"], path: "Benchmarks/Chunking",
    swiftSettings: settings),
]

// ISOBAR_TESTS=Markup,SQL swift test: only these suites, and only what they need, for short rounds of work on one module.
func narrowed(_ all: [Target], to names: String?) -> [Target] {
  guard let names else { return all }
  var wanted = Set(names.split(separator: ",").map { "\($0)Tests" })
  var waiting = Array(wanted)
  while let name = waiting.popLast() {
    for dependency in all.first(where: { $0.name == name })?.dependencies ?? [] {
      guard case .byNameItem(let other, _) = dependency, wanted.insert(other).inserted else { continue }
      waiting.append(other)
    }
  }
  return all.filter { wanted.contains($0.name) }
}

let suites = Context.environment["ISOBAR_TESTS"]

let package = Package(
  name: "isobar",
  products: suites == nil
    ? [
      .executable(name: "isobar", targets: ["IsobarCommand"]),
      .library(name: "Isobar", targets: ["Isobar"]),
    ] : [],
  targets: narrowed(cLibraries + base + storage + engines + app + testing + benchmarks + testTargets, to: suites)
)
