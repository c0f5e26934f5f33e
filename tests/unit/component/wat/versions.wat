;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; One interface in two versions of a track, and a third interface that names the resource of the first.
(component
  (import "test:io/error@0.2.0" (instance $e0 (export "error" (type (sub resource)))))
  (import "test:io/error@0.2.12" (instance $e12 (export "error" (type (sub resource)))))
  (import "test:io/error@0.3.0" (instance $e3 (export "error" (type (sub resource)))))
  (alias export $e0 "error" (type $error))
  (import "test:io/streams@0.2.12" (instance $s
    (alias outer 1 $error (type $error))
    (export "error" (type (eq $error)))
    (export "close" (func (param "e" (own 1))))
    (export "unused" (func))))
  (alias export $e12 "error" (type $error12))
  (core func $close (canon lower (func $s "close")))
  (core func $drop12 (canon resource.drop $error12))
)
