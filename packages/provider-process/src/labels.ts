import { createProcessMark, type ProcessMark } from '@moorage/core/provider'

/** A new mark for a service. The slash at the end of its id distinguishes the service `db` from `db2`. */
export function unitMark(runId: string, service: string): ProcessMark {
  return createProcessMark(`${runId}/${service}/`)
}
