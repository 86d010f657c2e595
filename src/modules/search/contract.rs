//! What other modules may know of `search`. It publishes nothing: its endpoints are all there is.
