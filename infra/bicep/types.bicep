// The shapes that several modules hand on; what playbook.json holds is checked against them when it is compiled.

@export()
@description('A queue as the steps declare it; see shared/run/queues.ts.')
type queue = {
  name: string
  @description('Seconds in which a message id counts as known; 0 for none.')
  duplicateSeconds: int
  maxDeliveryCount: int
  forwardsDeadLettersTo: string?
}
