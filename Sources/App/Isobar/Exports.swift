// `import Isobar` is enough: what its functions take and give is re-exported whole. Type aliases would not do, because a program that
// checks member imports could name such a type and see none of its members.
//
// What is not exported is how it is done: hashing, SQL, markup, the command line. HTTP is, for the addresses of services.

@_exported public import AzureStorage
@_exported public import Catalog
@_exported public import Composition
@_exported public import Configuration
@_exported public import DropboxStorage
@_exported public import GCSStorage
@_exported public import HTTPClient
@_exported public import HTTPMessages
@_exported public import LocalStorage
@_exported public import ObjectStorage
@_exported public import Observability
@_exported public import Primitives
@_exported public import S3Storage
@_exported public import StoreLayers
@_exported public import Sync
@_exported public import Transfer
