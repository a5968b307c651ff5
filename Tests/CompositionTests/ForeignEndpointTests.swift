import AzureStorage
import Configuration
import DropboxStorage
import HTTPMessages
import Testing

@testable import Composition

/// A URL may come from anybody: what the environment and logins hold for a service goes to that service and to this machine only.
@Suite struct ForeignEndpointTests {
  private static let variables = [
    "AZURE_STORAGE_ACCOUNT": "account", "AZURE_STORAGE_SAS_TOKEN": "sv=1&sig=x", "DROPBOX_ACCESS_TOKEN": "token",
    "HOME": "/nowhere",
  ]

  private func place(_ text: String, _ more: [String: String] = [:]) throws -> Place {
    let variables = Self.variables.merging(more) { $1 }
    let settings = try SettingsLoader.parse([], file: "isobar.yaml", folder: "/conf", environment: variables)
    return try PlaceResolver(settings: settings).place(End.parse(text))
  }

  @Test(arguments: [
    "azure://account/box?endpoint=https://evil.example", "azure://account/box?cloud=evil.example",
    "azure://account/box?endpoint=http://account.blob.core.windows.net.evil.example", "gs://bucket?endpoint=https://evil.example",
    "gs://bucket?endpoint=https://googleapis.com.evil.example", "dropbox://x?endpoint=https://evil.example",
    "dropbox://x?endpoint=http://10.0.0.1:9000",
  ])
  func `credentials do not follow a URL to another place`(text: String) throws {
    let error = #expect(throws: EndError.self) { try place(text) }
    #expect(error?.message.contains("store") == true, "\(text)")
  }

  @Test(arguments: [
    "azure://account/box", "azure://account/box?cloud=china", "azure://account/box?endpoint=https://account.blob.core.windows.net",
    "azure://devstoreaccount1/box?endpoint=http://127.0.0.1:10000/devstoreaccount1",
    "azure://account/box?endpoint=https://cdn.example&anonymous=true", "gs://bucket", "gs://bucket?endpoint=http://localhost:9000",
    "gs://bucket?endpoint=https://storage.europe-west3.rep.googleapis.com", "gs://bucket?endpoint=https://a.example&anonymous=true",
    "dropbox://x", "dropbox://x?endpoint=http://127.0.0.1:9000",
  ])
  func `they go to the service and to this machine`(text: String) throws { _ = try place(text) }

  @Test func `a Dropbox that is emulated is found by the environment`() throws {
    guard case .dropbox(let place) = try place("dropbox://x", ["DROPBOX_ENDPOINT": "http://127.0.0.1:9"]) else {
      Issue.record("no Dropbox")
      return
    }
    #expect(place.configuration.hosts.api.description == "http://127.0.0.1:9")
  }
}
