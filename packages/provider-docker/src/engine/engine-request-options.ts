/** How Node reaches an engine: options of its `http.request` or `https.request`. */
export type EngineTarget =
  | { readonly protocol: 'http'; readonly socketPath: string }
  | { readonly protocol: 'http'; readonly host: string; readonly port: number }
  | ({ readonly protocol: 'https'; readonly host: string; readonly port: number } & TlsOptions)

export interface TlsOptions {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
  readonly rejectUnauthorized?: boolean
}
