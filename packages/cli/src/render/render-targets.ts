/** The forms that `render` prints. */
export const RENDER_TARGETS = ['compose', 'docker', 'kubernetes'] as const

export type RenderTarget = (typeof RENDER_TARGETS)[number]
