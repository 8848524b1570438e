// Package schedule decides which requests run when. It knows neither a wire nor a model:
// a run is a function of tensors.
//
//	Submit ─→ queue of a model (Batcher) ─→ batch ─→ turn of the model (Budget) ─→ run ─→ answers
//
// A Batcher has the queue of one model. It is bounded: what comes beyond is refused at
// once. When the model's turn comes, the requests that wait longest and fit together are
// joined along their first dimension, as many as run best together. Nobody waits for
// others to come unless Options.MaxDelay says so: batches form while a run goes on.
//
// A Budget is the threads that all models compute with. Of the models that wait, the one
// that has computed least goes first. A run gets more than one thread if threads are left
// when every run that waits has one.
//
// A request whose caller is gone, or whose deadline cannot be met, is dropped before it
// costs anything. A run that nobody waits for any more is cancelled.
package schedule
