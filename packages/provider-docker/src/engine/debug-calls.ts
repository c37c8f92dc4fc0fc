import { debugLog, elapsedMs } from '@moorage/core/provider'

/** What dockerode sends each of its requests through. Source: docker-modem, lib/modem.js, `Modem.prototype.dial`. */
export interface Modem {
  dial(options: DialOptions, callback: DialCallback): void
}

interface DialOptions {
  readonly method?: string
  readonly path?: string
  /** The response is a stream, and not gathered. */
  readonly isStream?: boolean
  /** The query of the request. */
  readonly options?: object
  readonly statusCodes?: { readonly [status: number]: boolean | string }
}

type DialCallback = (error: (Error & { readonly statusCode?: number }) | null, data?: unknown) => void

/** Logs the requests of the SDK, when the debug log is on: the method, the path and the outcome, and never a body. */
export function logSdkCalls(modem: Modem): void {
  if (!debugLog('docker')) return
  const dial = modem.dial.bind(modem)
  modem.dial = (options, callback) => {
    const since = performance.now()
    const { method, path } = options
    dial(options, (error, data) => {
      const failure = error ? { status: error.statusCode, error: error.message } : {}
      debugLog('docker')?.('sdk call', { method, path, ms: elapsedMs(since), ...failure })
      callback(error, data)
    })
  }
}
