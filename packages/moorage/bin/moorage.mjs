#!/usr/bin/env node
import '../dist/lib/moorage/src/cli-main.js'
