/** The message that a Python worker understands, calling one function. */
export function message(n: number): string {
  return `{"payload":[["my_project.task","_run_task"],[],{"n":${n}},-1],"queueName":"q","taskq":1}`
}
