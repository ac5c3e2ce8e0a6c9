export function _runTask() {
  return { ok: true }
}
