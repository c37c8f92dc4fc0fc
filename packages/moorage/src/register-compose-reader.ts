import { setComposeReader, siblingModule } from '@moorage/core'

// A folder with a compose file and without a config: the file is read when it is needed, and not before.
setComposeReader(siblingModule(import.meta.url, 'compose-config'))
