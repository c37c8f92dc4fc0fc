/** The pod of a service. */
export interface ServicePod {
  /** The service's key in the config. */
  readonly service: string
  readonly namespace: string
  readonly pod: string
}

/** A pod, with what messages about its start need. */
export interface PodRef extends ServicePod {
  /** The place in the config that messages begin with. Default: `services.<service>`. */
  readonly configPath?: string
  readonly image: string
  /** The setting that the init container is for. Default: `files`. */
  readonly initSetting?: string
}
