import Testing

@Suite struct EmulatorsPlaceholder {}
