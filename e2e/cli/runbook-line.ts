/** The line of an error that leads to the page of its code. Tests of a message's own words leave it out. */
export const RUNBOOK_LINE = /^More: moorage explain [A-Z_]+$/
