;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; Not valid for start_calls.wat: its inner module has the same names, and a function of another type.
(component
  (core module (func (export "f") (param f64 f64 i64 i64 i64) (result i64) (local.get 4))))
