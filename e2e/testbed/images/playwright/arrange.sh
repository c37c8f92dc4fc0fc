#!/bin/sh
# Links where playwright-core's registry looks, before and since version 1.57 on x64. Both builds have one number.
set -e
for core in /tmp/context/playwright-core-*; do
  build=$(/tmp/context/node/bin/node -p "require('$core/browsers.json').browsers.find(({ name }) => name === 'chromium').revision")
  for path in "chromium-$build/chrome-linux/chrome" "chromium-$build/chrome-linux64/chrome" \
    "chromium_headless_shell-$build/chrome-linux/headless_shell" "chromium_headless_shell-$build/chrome-headless-shell-linux64/chrome-headless-shell"; do
    mkdir -p "/ms-playwright/$(dirname "$path")"
    ln -s /usr/lib/chromium/chromium "/ms-playwright/$path"
    : > "/ms-playwright/${path%%/*}/INSTALLATION_COMPLETE"
  done
done
