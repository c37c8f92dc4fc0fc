// Written by moorage from compose.yaml, and again when its services change.
import type { ComposeService } from 'moorage/compose'

declare module 'moorage/compose' {
  interface ComposeFiles {
    'compose.yaml': {
      readonly db: ComposeService<'main', 'username' | 'password' | 'database'>
      readonly 'db-web': ComposeService<'main' | 'admin'>
      readonly worker: ComposeService<never>
    }
  }
}
