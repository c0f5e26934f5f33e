;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; One module, one function.
(component
  (core module $m
    (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
    (func (export "spin") (loop br 0))
    (func (export "trap") unreachable)
    (func (export "neg") (param i64 f32) (result f64) local.get 0 f64.convert_i64_s local.get 1 f64.promote_f32 f64.add))
  (core instance $i (instantiate $m))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
  (func (export "spin") (canon lift (core func $i "spin")))
  (func (export "trap") (canon lift (core func $i "trap")))
  (func (export "mix") (param "a" s64) (param "b" f32) (result f64) (canon lift (core func $i "neg")))
)
