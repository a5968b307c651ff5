#pragma once

// A layer below SQLite that gives each page of a database a checksum, in bytes that the database reserves at the end of its pages.
//
// SQLite notices damage only where it breaks the structure of a page. With this layer a page that is not what was written (flipped
// bits, zeros, another page's content) is refused when it is read from the file. The write-ahead log has checksums of its own.

// The bytes at the end of each page.
#define CPAGES_RESERVED 8

// The layer's name, for sqlite3_open_v2; it is registered by the first call. NULL if that failed.
const char *cpages_name(void);

// Asks a database file of this layer (sqlite3_file_control) for an int: whether its pages carry checksums.
#define CPAGES_ARE_CHECKED 0x49534F42
