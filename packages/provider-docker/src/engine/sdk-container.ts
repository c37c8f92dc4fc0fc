import { deliverFiles, type Delivery, type Tar } from '../files.ts'
import type { Sdk } from './load-sdk.ts'

export interface SdkContainerSettings {
  /** Top-level fields of the engine's "Create a container". */
  readonly createOptions: object
  /** Its `HostConfig`. */
  readonly hostConfig: object
  readonly network: string
  readonly delivery: Delivery
  /** Called when the container exists and does not run yet. */
  onCreated(containerId: string): Promise<void>
}

export interface StartableContainer {
  start(): Promise<unknown>
}

/** A container of the SDK with our own settings, and without the SDK's readiness checks and clean-up. */
export function sdkContainer(
  sdk: Sdk,
  tar: Tar,
): new (image: string, settings: SdkContainerSettings) => StartableContainer {
  return class SdkContainer extends sdk.GenericContainer {
    readonly #settings: SdkContainerSettings

    constructor(image: string, settings: SdkContainerSettings) {
      super(image)
      this.#settings = settings
      this.withAutoCleanup(false).withWaitStrategy(new NoWaitStrategy())
      deliverFiles(this, tar, settings.delivery)
    }

    protected override async beforeContainerCreated(): Promise<void> {
      Object.assign(this.createOpts, this.#settings.createOptions)
      Object.assign(this.hostConfig, this.#settings.hostConfig)
      // The SDK overwrites the network in `hostConfig` with this.
      this.networkMode = this.#settings.network
    }

    protected override async containerCreated(id: string): Promise<void> {
      await this.#settings.onCreated(id)
    }
  }
}

/** Core checks readiness, on every provider in the same way. */
class NoWaitStrategy {
  waitUntilReady(): Promise<void> {
    return Promise.resolve()
  }

  withStartupTimeout(): this {
    return this
  }

  isStartupTimeoutSet(): boolean {
    return true
  }

  getStartupTimeout(): number {
    return 0
  }
}
