;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; Resources that get their names as toolchains give them: a component exports its interface through one inside it.
;; Types 1 and 2 are the cart and the till, 3 has no name; no identifiers, so that it has no names of its own either.
(component
  (import "open" (func (param "n" u32)))
  (type (resource (rep i32)))
  (type (resource (rep i32)))
  (type (resource (rep i32)))
  (core module (func (export "f") (param i32) (result i32) (local.get 0)))
  (core instance (instantiate 0))
  (type (func (param "n" u32) (result (own 1))))
  (type (func (param "self" (borrow 2)) (result (own 1))))
  (alias core export 0 "f" (core func))
  (func (type 5) (canon lift (core func 0)))
  (func (type 8) (canon lift (core func 0)))
  (component
    (import "c" (type (sub resource)))
    (import "t" (type (sub resource)))
    (type (func (param "n" u32) (result (own 0))))
    (import "n" (func (type 3)))
    (type (func (param "self" (borrow 1)) (result (own 0))))
    (import "b" (func (type 6)))
    (export "cart" (type 0))
    (export "till" (type 1))
    (export "[constructor]cart" (func 0) (func (param "n" u32) (result (own 7))))
    (export "[method]till.best" (func 1) (func (param "self" (borrow 8)) (result (own 7)))))
  (instance (instantiate 0
    (with "c" (type 1)) (with "t" (type 2)) (with "n" (func 1)) (with "b" (func 2))))
  (export "test:names/shop" (instance 0))
  (export "register" (type 2))
  (core func (canon lower (func 0)))
)
