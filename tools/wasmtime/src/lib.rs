// SPDX-License-Identifier: Apache-2.0 OR MIT
//! The C functions of Wasmtime, and nothing else.
pub use wasmtime_c_api::*;
