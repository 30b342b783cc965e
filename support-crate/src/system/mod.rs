//! What training costs: memory, arithmetic, waiting; and how several workers share it.

mod busy;
mod checkpoint;
mod data_parallel;
mod float_format;
mod graph_bytes;
mod memory;
mod pipeline;
mod prefetch;
mod products;
mod ring;
mod schedule;
mod summary;
mod timeline;

pub use busy::BusyClock;
pub use checkpoint::checkpointed_backward;
pub use data_parallel::{BatchGradient, data_parallel, plain_mean, shard_gradient, shards, weighted_mean};
pub use float_format::FloatFormat;
pub use graph_bytes::{GraphBytes, graph_bytes};
pub use memory::{MemoryPlan, Precision};
pub use pipeline::pipeline_parallel;
pub use prefetch::{InputPipeline, InputRun};
pub use products::{blocked_product, gflops, naive_product, threaded_product};
pub use ring::{RingSum, ring_all_reduce};
pub use schedule::{PipelineSchedule, gpipe};
pub use summary::{LayerSummary, Summary, summary};
pub use timeline::Span;
