import CMicroHTTPD
import Primitives

/// What libmicrohttpd calls. Its context is the core, and each request's own is its exchange: retained when the request line has
/// come, released when the request is over, both here.
extension Exchange {
  static let begin: cmhd_uri_callback = { context, uri, connection in
    guard let context, let uri, let connection else { return nil }
    let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
    let exchange = Exchange(core: core, connection: connection, target: String(cString: uri))
    return Unmanaged.passRetained(exchange).toOpaque()
  }

  static let access: MHD_AccessHandlerCallback = { _, _, _, method, version, bytes, size, exchange in
    guard let exchange = exchange?.pointee, let method, let version, let size else { return .NO }
    let request = Unmanaged<Exchange>.fromOpaque(exchange).takeUnretainedValue()
    let taken = request.advance(
      UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : size.pointee), method: method, version: version)
    guard let taken else { return .NO }
    size.pointee -= taken
    return .YES
  }

  static let completed: MHD_RequestCompletedCallback = { _, _, exchange, _ in
    guard let exchange, let pointer = exchange.pointee else { return }
    exchange.pointee = nil
    Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue().end()
  }
}
