(function_declaration name: (identifier) @name) @function
(class_declaration name: (identifier) @name) @class
(object_declaration name: (identifier) @name) @class

(call_expression . (identifier) @call)
(call_expression . (navigation_expression (_) @receiver (identifier) @call .))
(callable_reference (identifier) @passed .)

(import (qualified_identifier) @path .)
(import (qualified_identifier) @path (identifier) @local)
