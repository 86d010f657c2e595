# Sourced by scripts/setup.sh and by the guard of the browser tests: where Chromium is, and what to do where it is not.

# Prints the program; fails when there is none.
chromium_bin() {
    if [ -n "${PANCAKE_CHROMIUM:-}" ]; then
        [ -x "$PANCAKE_CHROMIUM" ] && printf '%s\n' "$PANCAKE_CHROMIUM"
        return
    fi
    for name in chromium google-chrome google-chrome-stable chromium-browser \
        /Applications/Chromium.app/Contents/MacOS/Chromium \
        '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'; do
        ! command -v "$name" || return 0
    done
    return 1
}

chromium_missing() {
    if [ -n "${PANCAKE_CHROMIUM:-}" ]; then
        echo "PANCAKE_CHROMIUM is $PANCAKE_CHROMIUM, which is no program; correct or unset it." >&2
        return
    fi
    cat >&2 <<'END'
The browser tests need Chromium, and it is not installed. Do one of these:
  Debian           sudo apt-get install chromium
  Fedora, Alpine   sudo dnf install chromium, sudo apk add chromium
  Arch             sudo pacman -S chromium
  macOS            brew install --cask chromium
  elsewhere        install Google Chrome, or set PANCAKE_CHROMIUM to the program
  (Ubuntu has Chromium as a snap only, which cannot read its profile where the tests put it.)
END
}
