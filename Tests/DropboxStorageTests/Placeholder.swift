import Testing

@Suite struct DropboxStoragePlaceholder {}
