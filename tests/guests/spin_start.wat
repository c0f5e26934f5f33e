;; SPDX-License-Identifier: Apache-2.0 OR MIT

;; Guest: an endless loop in its start section, so making the instance never ends.
(module
  (memory (export "memory") 1)
  (func $spin (loop $again (br $again)))
  (func (export "_start"))
  (start $spin))
