import Testing

@Suite struct AzureStoragePlaceholder {}
