;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; Core modules of which some are equal and some only as long as another.
(component
  (core module (func (export "a")))
  (core module (func (export "b")))
  (core module (func (export "a")))
  (core module)
  (core module (func (export "b")))
  (core module (func (export "abc")))
  (core module (func (export "a"))))
