//! What other modules may know of `diary`. It publishes nothing: its endpoints are all there is.
