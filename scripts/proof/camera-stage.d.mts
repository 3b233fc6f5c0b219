/** Types of camera-stage.mjs, for its test. */
export function noCameraStage(): string | false;
