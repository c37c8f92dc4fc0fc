import { provision } from 'moorage'
import config from '../moorage.config.mts'

// The workers inherit the variables.
export default async function setup() {
  globalThis.moorage = await provision(config)
  Object.assign(process.env, globalThis.moorage.env)
}
