;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; What has to be refused at load: indices, types, options, names, resources, forms.

(component)
(component definition $empty)

;; indices
(assert_invalid (component (export "a" (func 0))) "index out of bounds")
(assert_invalid (component (core instance (instantiate 0))) "index out of bounds")
(assert_invalid (component (instance (instantiate 3))) "index out of bounds")
(assert_invalid (component (alias outer 2 0 (type))) "invalid outer alias count")
(assert_invalid (component (type (list 5))) "index out of bounds")
(assert_invalid (component (canon lift (core func 0) (func (type 0)))) "index out of bounds")
(assert_invalid (component (type $t (record (field "a" $u))) (type $u u8)) "unknown type")

;; types
(assert_invalid (component (type (record))) "at least one field")
(assert_invalid (component (type (variant))) "at least one case")
(assert_invalid (component (type (record (field "a" u8) (field "A" u8)))) "conflicts with previous")
(assert_invalid (component (type (enum "a" "a"))) "conflicts with previous")
(assert_invalid (component (type $r (resource (rep i64)))) "resources can only be represented by `i32`")
(assert_invalid (component (type $t u8) (type (own $t))) "not a resource type")
(assert_invalid (component (type $t (func)) (type (list $t))) "not a defined type")
(assert_invalid (component (import "r" (type $r (sub resource))) (type (func (result (list (borrow $r)))))) "cannot contain a `borrow` type")

;; core modules
(assert_invalid (component (core module (func (export "f") (result i32)))) "type mismatch")
(assert_invalid (component (core module (func (local.get 0) drop))) "unknown local")
(assert_invalid
  (component
    (core module $m (import "a" "b" (func)))
    (core instance (instantiate $m)))
  "missing module instantiation argument")
(assert_invalid
  (component
    (core module $m (import "a" "b" (func)))
    (core module $n (func (export "b") (param i32)))
    (core instance $n (instantiate $n))
    (core instance (instantiate $m (with "a" (instance $n)))))
  "type mismatch")
(assert_invalid
  (component
    (core module $m (import "a" "b" (memory 2)))
    (core module $n (memory (export "b") 1))
    (core instance $n (instantiate $n))
    (core instance (instantiate $m (with "a" (instance $n)))))
  "mismatch in memory limits")
(assert_invalid
  (component
    (core module $m (import "a" "b" (global (mut i32))))
    (core module $n (global (export "b") i32 (i32.const 0)))
    (core instance $n (instantiate $n))
    (core instance (instantiate $m (with "a" (instance $n)))))
  "mismatch in mutability")

;; canonical definitions
(assert_invalid
  (component
    (core module $m (func (export "f") (param i32 i32)))
    (core instance $i (instantiate $m))
    (func (param "s" string) (canon lift (core func $i "f"))))
  "canonical option `memory` is required")
(assert_invalid
  (component
    (core module $m (memory (export "m") 1) (func (export "f") (param i32 i32)))
    (core instance $i (instantiate $m))
    (func (param "s" string) (canon lift (core func $i "f") (memory (core memory $i "m")))))
  "canonical option `realloc` is required")
(assert_invalid
  (component
    (core module $m (func (export "f") (param i64)))
    (core instance $i (instantiate $m))
    (func (param "s" u32) (canon lift (core func $i "f"))))
  "lowered parameter types")
(assert_invalid
  (component
    (core module $m (func (export "f") (result i32)) (func (export "p") (param i64)))
    (core instance $i (instantiate $m))
    (func (result u32) (canon lift (core func $i "f") (post-return (core func $i "p")))))
  "canonical option `post-return` uses a core function with an incorrect signature")
(assert_invalid
  (component
    (import "f" (func $f))
    (core module $m (func (export "p")))
    (core instance $i (instantiate $m))
    (core func (canon lower (func $f) (post-return (core func $i "p")))))
  "canonical option `post-return` cannot be specified for lowerings")
(assert_invalid (component (import "r" (type $r (sub resource))) (core func (canon resource.new $r))) "not a local resource")
(assert_invalid (component (import "r" (type $r (sub resource))) (core func (canon resource.rep $r))) "not a local resource")

;; instantiation and subtyping
(assert_invalid (component (component $c (import "a" (func))) (instance (instantiate $c))) "missing import named `a`")
(assert_invalid
  (component
    (component $c (import "a" (func (param "x" u8))))
    (import "f" (func $f (param "x" u16)))
    (instance (instantiate $c (with "a" (func $f)))))
  "type mismatch in function parameter")
(assert_invalid
  (component
    (component $c (import "a" (func (param "x" u8))))
    (import "f" (func $f (param "y" u8)))
    (instance (instantiate $c (with "a" (func $f)))))
  "expected parameter named `x`, found `y`")
(assert_invalid
  (component
    (component $c (import "a" (func (result u8))))
    (import "f" (func $f))
    (instance (instantiate $c (with "a" (func $f)))))
  "expected a result")
(assert_invalid
  (component
    (component $c (import "a" (instance (export "f" (func)) (export "g" (func)))))
    (import "i" (instance $i (export "f" (func))))
    (instance (instantiate $c (with "a" (instance $i)))))
  "missing expected export `g`")
(assert_invalid
  (component
    (component $c (import "a" (func)))
    (import "i" (instance $i))
    (instance (instantiate $c (with "a" (instance $i)))))
  "expected func, found instance")
;; One resource for what are two.
(assert_invalid
  (component
    (component $c
      (import "r" (type $r (sub resource)))
      (import "f" (func (param "x" (own $r)))))
    (import "a" (type $a (sub resource)))
    (import "b" (type $b (sub resource)))
    (import "f" (func $f (param "x" (own $a))))
    (instance (instantiate $c (with "r" (type $b)) (with "f" (func $f)))))
  "resource types are not the same")
(assert_invalid
  (component
    (component $c (type $r (resource (rep i32))) (export "r" (type $r)))
    (instance $c1 (instantiate $c))
    (instance $c2 (instantiate $c))
    (component $d
      (import "r" (type $r (sub resource)))
      (import "s" (type $s (eq $r))))
    (instance (instantiate $d (with "r" (type $c1 "r")) (with "s" (type $c2 "r")))))
  "resource types are not the same")

;; names
(assert_invalid (component (import "Not-Kebab" (func))) "is not a valid extern name")
(assert_invalid (component (import "a-1" (func)) (import "" (func))) "is not a valid extern name")
(assert_invalid (component (import "a" (func)) (import "A" (func))) "conflicts with previous name")
(assert_invalid (component (import "a:b/c@1" (func))) "is not a valid semver")
(assert_invalid (component (import "[method]a.b" (func))) "is not valid")
(assert_invalid (component (import "[constructor]a" (func))) "is not valid")
(assert_invalid (component (import "f" (func $f)) (export "f" (func $f)) (export "F" (func $f))) "conflicts with previous name")

;; visibility of types
(assert_invalid
  (component
    (type $r (record (field "x" u8)))
    (import "f" (func (param "x" $r))))
  "func not valid to be used as import")
(assert_invalid
  (component
    (type $r (resource (rep i32)))
    (core func $new (canon resource.new $r))
    (func $f (param "x" u32) (result (own $r)) (canon lift (core func $new)))
    (export "f" (func $f)))
  "func not valid to be used as export")

;; The same imports, given rightly.
(component definition
  (component $c
    (import "r" (type $r (sub resource)))
    (import "f" (func (param "x" (own $r)))))
  (import "a" (type $a (sub resource)))
  (import "f" (func $f (param "x" (own $a))))
  (instance (instantiate $c (with "r" (type $a)) (with "f" (func $f)))))
(component definition
  (import "a:b/c@1.2.3" (instance (export "f" (func))))
  (import "a:b/c@0.2.0-rc.1+build" (instance)))

;; forms
(assert_malformed (component binary "\00asm\0d\00\01\00" "\07\02\01\72") "unexpected end")
(assert_malformed (component binary "\00asm\0d\00\01\00" "\0e\00") "malformed section id")
(assert_malformed (component binary "\00asm\0d\00\01\00" "\07\05\01\70\ff\ff\ff") "unexpected end")
(assert_malformed (component binary "\00asm\0d\00\01\00" "\07\80\80\80\80\10") "integer too large")
(assert_malformed (component binary "\00asm\0d\00\01\00" "\01\08\00asm\0d\00\01\00") "expected a version header for a module")
(assert_malformed (component binary "\00asm\0d\00\01\00" "\04\08\00asm\01\00\00\00") "expected a version header for a component")
(assert_malformed (component binary "\00asm\0d\00\02\00") "unknown binary version")
(assert_malformed (component binary "\00asm\0d\00\01\00" "\0b\0a\01\00\01a\01\00\01\00\00\00") "unexpected content")

;; What is imported and given by nobody.
(assert_unlinkable
  (component
    (import "host:nobody/gives@1.0.0" (instance $i (export "f" (func))))
    (core func $f (canon lower (func $i "f")))
    (core module $m (import "" "f" (func)))
    (core instance (instantiate $m (with "" (instance (export "f" (func $f)))))))
  "was not found")
