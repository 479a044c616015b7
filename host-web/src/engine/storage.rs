//! Files of the embedder, as a SQLite VFS.
