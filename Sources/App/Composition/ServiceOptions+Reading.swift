import Configuration

extension ServiceOptions {
  /// Reads what the settings of every service have in common.
  /// - Parameters:
  ///   - name: the configured store's; nil for a URL.
  ///   - caFile: whom to trust where the settings do not say.
  init(_ values: OptionValues, name: String?, caFile: String? = nil) {
    self.init(
      trust: Trust(caFile: values.text("ca_file") ?? caFile), name: name,
      bandwidth: values.bandwidth("bandwidth") ?? BandwidthTimetable(Bandwidth(up: nil, down: nil)),
      createsContainer: values.flag("create_bucket") ?? false)
  }
}
