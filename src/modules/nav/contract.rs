//! What other modules may know of `nav`. It publishes nothing: its endpoints are all there is, and the numbers in the HTML of pages.
