/** The forms that `render` prints. */
export const RENDER_TARGETS = ['compose', 'docker'] as const
