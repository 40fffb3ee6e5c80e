(method_declaration name: (identifier) @name) @function
(constructor_declaration name: (identifier) @name) @function
(class_declaration name: (identifier) @name) @class
(interface_declaration name: (identifier) @name) @class
(enum_declaration name: (identifier) @name) @class
(record_declaration name: (identifier) @name) @class

(method_invocation !object name: (identifier) @call)
(method_invocation object: (_) @receiver name: (identifier) @call)
(object_creation_expression type: (type_identifier) @call)
(method_reference (_) @receiver . (identifier) @passed)

(import_declaration (scoped_identifier) @path . ) @import
(import_declaration (scoped_identifier) @module (asterisk) @original)
(import_declaration (identifier) @module (asterisk) @original)
