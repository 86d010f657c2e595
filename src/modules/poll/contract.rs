//! What other modules may know of `poll`. It publishes nothing: its endpoints are all there is.
