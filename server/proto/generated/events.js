/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["vitrine-events"] || ($protobuf.roots["vitrine-events"] = {});

export const vitrine = $root.vitrine = (() => {

    /**
     * Namespace vitrine.
     * @exports vitrine
     * @namespace
     */
    const vitrine = {};

    vitrine.v1 = (function() {

        /**
         * Namespace v1.
         * @memberof vitrine
         * @namespace
         */
        const v1 = {};

        v1.EventBatch = (function() {

            /**
             * Properties of an EventBatch.
             * @typedef {Object} vitrine.v1.EventBatch.$Properties
             * @property {Array.<vitrine.v1.Event.$Properties>|null} [events] EventBatch events
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an EventBatch.
             * @memberof vitrine.v1
             * @interface IEventBatch
             * @augments vitrine.v1.EventBatch.$Properties
             * @deprecated Use vitrine.v1.EventBatch.$Properties instead.
             */

            /**
             * Shape of an EventBatch.
             * @typedef {vitrine.v1.EventBatch.$Properties} vitrine.v1.EventBatch.$Shape
             */

            /**
             * Constructs a new EventBatch.
             * @memberof vitrine.v1
             * @classdesc Represents an EventBatch.
             * @constructor
             * @param {vitrine.v1.EventBatch.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const EventBatch = function (properties) {
                this.events = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * EventBatch events.
             * @member {Array.<vitrine.v1.Event.$Properties>} events
             * @memberof vitrine.v1.EventBatch
             * @instance
             */
            EventBatch.prototype.events = $util.emptyArray;

            /**
             * Encodes the specified EventBatch message. Does not implicitly {@link vitrine.v1.EventBatch.verify|verify} messages.
             * @function encode
             * @memberof vitrine.v1.EventBatch
             * @static
             * @param {vitrine.v1.EventBatch.$Properties} message EventBatch message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            EventBatch.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.events != null && message.events.length)
                    for (let i = 0; i < message.events.length; ++i)
                        $root.vitrine.v1.Event.encode(message.events[i], writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an EventBatch message from the specified reader or buffer.
             * @function decode
             * @memberof vitrine.v1.EventBatch
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {vitrine.v1.EventBatch & vitrine.v1.EventBatch.$Shape} EventBatch
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            EventBatch.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.vitrine.v1.EventBatch();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if (!(message.events && message.events.length))
                                message.events = [];
                            message.events.push($root.vitrine.v1.Event.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return EventBatch;
        })();

        v1.Event = (function() {

            /**
             * Properties of an Event.
             * @typedef {Object} vitrine.v1.Event.$Properties
             * @property {string|null} [event_id] Event event_id
             * @property {string|null} [event] Event event
             * @property {number|Long|null} [timestamp] Event timestamp
             * @property {string|null} [user_id] Event user_id
             * @property {string|null} [session_id] Event session_id
             * @property {Array.<vitrine.v1.EventItem.$Properties>|null} [items] Event items
             * @property {number|null} [value] Event value
             * @property {string|null} [currency] Event currency
             * @property {string|null} [transaction_id] Event transaction_id
             * @property {string|null} [device] Event device
             * @property {number|null} [discount] Event discount
             * @property {string|null} [coupon] Event coupon
             * @property {string|null} [search_term] Event search_term
             * @property {string|null} [item_list_id] Event item_list_id
             * @property {string|null} [attribution_token] Event attribution_token
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an Event.
             * @memberof vitrine.v1
             * @interface IEvent
             * @augments vitrine.v1.Event.$Properties
             * @deprecated Use vitrine.v1.Event.$Properties instead.
             */

            /**
             * Shape of an Event.
             * @typedef {vitrine.v1.Event.$Properties} vitrine.v1.Event.$Shape
             */

            /**
             * Constructs a new Event.
             * @memberof vitrine.v1
             * @classdesc Represents an Event.
             * @constructor
             * @param {vitrine.v1.Event.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Event = function (properties) {
                this.items = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Event event_id.
             * @member {string|null|undefined} event_id
             * @memberof vitrine.v1.Event
             * @instance
             */
            Event.prototype.event_id = null;

            /**
             * Event event.
             * @member {string|null|undefined} event
             * @memberof vitrine.v1.Event
             * @instance
             */
            Event.prototype.event = null;

            /**
             * Event timestamp.
             * @member {number|Long|null|undefined} timestamp
             * @memberof vitrine.v1.Event
             * @instance
             */
            Event.prototype.timestamp = null;

            /**
             * Event user_id.
             * @member {string|null|undefined} user_id
             * @memberof vitrine.v1.Event
             * @instance
             */
            Event.prototype.user_id = null;

            /**
             * Event session_id.
             * @member {string|null|undefined} session_id
             * @memberof vitrine.v1.Event
             * @instance
             */
            Event.prototype.session_id = null;

            /**
             * Event items.
             * @member {Array.<vitrine.v1.EventItem.$Properties>} items
             * @memberof vitrine.v1.Event
             * @instance
             */
            Event.prototype.items = $util.emptyArray;

            /**
             * Event value.
             * @member {number|null|undefined} value
             * @memberof vitrine.v1.Event
             * @instance
             */
            Event.prototype.value = null;

            /**
             * Event currency.
             * @member {string|null|undefined} currency
             * @memberof vitrine.v1.Event
             * @instance
             */
            Event.prototype.currency = null;

            /**
             * Event transaction_id.
             * @member {string|null|undefined} transaction_id
             * @memberof vitrine.v1.Event
             * @instance
             */
            Event.prototype.transaction_id = null;

            /**
             * Event device.
             * @member {string|null|undefined} device
             * @memberof vitrine.v1.Event
             * @instance
             */
            Event.prototype.device = null;

            /**
             * Event discount.
             * @member {number|null|undefined} discount
             * @memberof vitrine.v1.Event
             * @instance
             */
            Event.prototype.discount = null;

            /**
             * Event coupon.
             * @member {string|null|undefined} coupon
             * @memberof vitrine.v1.Event
             * @instance
             */
            Event.prototype.coupon = null;

            /**
             * Event search_term.
             * @member {string|null|undefined} search_term
             * @memberof vitrine.v1.Event
             * @instance
             */
            Event.prototype.search_term = null;

            /**
             * Event item_list_id.
             * @member {string|null|undefined} item_list_id
             * @memberof vitrine.v1.Event
             * @instance
             */
            Event.prototype.item_list_id = null;

            /**
             * Event attribution_token.
             * @member {string|null|undefined} attribution_token
             * @memberof vitrine.v1.Event
             * @instance
             */
            Event.prototype.attribution_token = null;

            // OneOf field names bound to virtual getters and setters
            let $oneOfFields;

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Event.prototype, "_event_id", {
                get: $util.oneOfGetter($oneOfFields = ["event_id"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Event.prototype, "_event", {
                get: $util.oneOfGetter($oneOfFields = ["event"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Event.prototype, "_timestamp", {
                get: $util.oneOfGetter($oneOfFields = ["timestamp"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Event.prototype, "_user_id", {
                get: $util.oneOfGetter($oneOfFields = ["user_id"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Event.prototype, "_session_id", {
                get: $util.oneOfGetter($oneOfFields = ["session_id"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Event.prototype, "_value", {
                get: $util.oneOfGetter($oneOfFields = ["value"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Event.prototype, "_currency", {
                get: $util.oneOfGetter($oneOfFields = ["currency"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Event.prototype, "_transaction_id", {
                get: $util.oneOfGetter($oneOfFields = ["transaction_id"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Event.prototype, "_device", {
                get: $util.oneOfGetter($oneOfFields = ["device"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Event.prototype, "_discount", {
                get: $util.oneOfGetter($oneOfFields = ["discount"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Event.prototype, "_coupon", {
                get: $util.oneOfGetter($oneOfFields = ["coupon"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Event.prototype, "_search_term", {
                get: $util.oneOfGetter($oneOfFields = ["search_term"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Event.prototype, "_item_list_id", {
                get: $util.oneOfGetter($oneOfFields = ["item_list_id"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Event.prototype, "_attribution_token", {
                get: $util.oneOfGetter($oneOfFields = ["attribution_token"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            /**
             * Encodes the specified Event message. Does not implicitly {@link vitrine.v1.Event.verify|verify} messages.
             * @function encode
             * @memberof vitrine.v1.Event
             * @static
             * @param {vitrine.v1.Event.$Properties} message Event message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Event.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.event_id != null && $Object.hasOwnProperty.call(message, "event_id"))
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.event_id);
                if (message.event != null && $Object.hasOwnProperty.call(message, "event"))
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.event);
                if (message.timestamp != null && $Object.hasOwnProperty.call(message, "timestamp"))
                    writer.uint32(/* id 3, wireType 0 =*/24).int64(message.timestamp);
                if (message.user_id != null && $Object.hasOwnProperty.call(message, "user_id"))
                    writer.uint32(/* id 4, wireType 2 =*/34).string(message.user_id);
                if (message.session_id != null && $Object.hasOwnProperty.call(message, "session_id"))
                    writer.uint32(/* id 5, wireType 2 =*/42).string(message.session_id);
                if (message.items != null && message.items.length)
                    for (let i = 0; i < message.items.length; ++i)
                        $root.vitrine.v1.EventItem.encode(message.items[i], writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
                if (message.value != null && $Object.hasOwnProperty.call(message, "value"))
                    writer.uint32(/* id 7, wireType 1 =*/57).double(message.value);
                if (message.currency != null && $Object.hasOwnProperty.call(message, "currency"))
                    writer.uint32(/* id 8, wireType 2 =*/66).string(message.currency);
                if (message.transaction_id != null && $Object.hasOwnProperty.call(message, "transaction_id"))
                    writer.uint32(/* id 9, wireType 2 =*/74).string(message.transaction_id);
                if (message.device != null && $Object.hasOwnProperty.call(message, "device"))
                    writer.uint32(/* id 10, wireType 2 =*/82).string(message.device);
                if (message.discount != null && $Object.hasOwnProperty.call(message, "discount"))
                    writer.uint32(/* id 11, wireType 1 =*/89).double(message.discount);
                if (message.coupon != null && $Object.hasOwnProperty.call(message, "coupon"))
                    writer.uint32(/* id 12, wireType 2 =*/98).string(message.coupon);
                if (message.search_term != null && $Object.hasOwnProperty.call(message, "search_term"))
                    writer.uint32(/* id 13, wireType 2 =*/106).string(message.search_term);
                if (message.item_list_id != null && $Object.hasOwnProperty.call(message, "item_list_id"))
                    writer.uint32(/* id 14, wireType 2 =*/114).string(message.item_list_id);
                if (message.attribution_token != null && $Object.hasOwnProperty.call(message, "attribution_token"))
                    writer.uint32(/* id 15, wireType 2 =*/122).string(message.attribution_token);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an Event message from the specified reader or buffer.
             * @function decode
             * @memberof vitrine.v1.Event
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {vitrine.v1.Event & vitrine.v1.Event.$Shape} Event
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Event.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.vitrine.v1.Event();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            message.event_id = reader.stringVerify();
                            message._event_id = "event_id";
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.event = reader.stringVerify();
                            message._event = "event";
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            message.timestamp = reader.int64();
                            message._timestamp = "timestamp";
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            message.user_id = reader.stringVerify();
                            message._user_id = "user_id";
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            message.session_id = reader.stringVerify();
                            message._session_id = "session_id";
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if (!(message.items && message.items.length))
                                message.items = [];
                            message.items.push($root.vitrine.v1.EventItem.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 7: {
                            if (wireType !== 1)
                                break;
                            message.value = reader.double();
                            message._value = "value";
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            message.currency = reader.stringVerify();
                            message._currency = "currency";
                            continue;
                        }
                    case 9: {
                            if (wireType !== 2)
                                break;
                            message.transaction_id = reader.stringVerify();
                            message._transaction_id = "transaction_id";
                            continue;
                        }
                    case 10: {
                            if (wireType !== 2)
                                break;
                            message.device = reader.stringVerify();
                            message._device = "device";
                            continue;
                        }
                    case 11: {
                            if (wireType !== 1)
                                break;
                            message.discount = reader.double();
                            message._discount = "discount";
                            continue;
                        }
                    case 12: {
                            if (wireType !== 2)
                                break;
                            message.coupon = reader.stringVerify();
                            message._coupon = "coupon";
                            continue;
                        }
                    case 13: {
                            if (wireType !== 2)
                                break;
                            message.search_term = reader.stringVerify();
                            message._search_term = "search_term";
                            continue;
                        }
                    case 14: {
                            if (wireType !== 2)
                                break;
                            message.item_list_id = reader.stringVerify();
                            message._item_list_id = "item_list_id";
                            continue;
                        }
                    case 15: {
                            if (wireType !== 2)
                                break;
                            message.attribution_token = reader.stringVerify();
                            message._attribution_token = "attribution_token";
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Event;
        })();

        v1.EventItem = (function() {

            /**
             * Properties of an EventItem.
             * @typedef {Object} vitrine.v1.EventItem.$Properties
             * @property {string|null} [item_id] EventItem item_id
             * @property {number|null} [price] EventItem price
             * @property {number|null} [quantity] EventItem quantity
             * @property {number|null} [index] EventItem index
             * @property {number|null} [discount] EventItem discount
             * @property {string|null} [coupon] EventItem coupon
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an EventItem.
             * @memberof vitrine.v1
             * @interface IEventItem
             * @augments vitrine.v1.EventItem.$Properties
             * @deprecated Use vitrine.v1.EventItem.$Properties instead.
             */

            /**
             * Shape of an EventItem.
             * @typedef {vitrine.v1.EventItem.$Properties} vitrine.v1.EventItem.$Shape
             */

            /**
             * Constructs a new EventItem.
             * @memberof vitrine.v1
             * @classdesc Represents an EventItem.
             * @constructor
             * @param {vitrine.v1.EventItem.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const EventItem = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * EventItem item_id.
             * @member {string|null|undefined} item_id
             * @memberof vitrine.v1.EventItem
             * @instance
             */
            EventItem.prototype.item_id = null;

            /**
             * EventItem price.
             * @member {number|null|undefined} price
             * @memberof vitrine.v1.EventItem
             * @instance
             */
            EventItem.prototype.price = null;

            /**
             * EventItem quantity.
             * @member {number|null|undefined} quantity
             * @memberof vitrine.v1.EventItem
             * @instance
             */
            EventItem.prototype.quantity = null;

            /**
             * EventItem index.
             * @member {number|null|undefined} index
             * @memberof vitrine.v1.EventItem
             * @instance
             */
            EventItem.prototype.index = null;

            /**
             * EventItem discount.
             * @member {number|null|undefined} discount
             * @memberof vitrine.v1.EventItem
             * @instance
             */
            EventItem.prototype.discount = null;

            /**
             * EventItem coupon.
             * @member {string|null|undefined} coupon
             * @memberof vitrine.v1.EventItem
             * @instance
             */
            EventItem.prototype.coupon = null;

            // OneOf field names bound to virtual getters and setters
            let $oneOfFields;

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(EventItem.prototype, "_item_id", {
                get: $util.oneOfGetter($oneOfFields = ["item_id"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(EventItem.prototype, "_price", {
                get: $util.oneOfGetter($oneOfFields = ["price"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(EventItem.prototype, "_quantity", {
                get: $util.oneOfGetter($oneOfFields = ["quantity"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(EventItem.prototype, "_index", {
                get: $util.oneOfGetter($oneOfFields = ["index"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(EventItem.prototype, "_discount", {
                get: $util.oneOfGetter($oneOfFields = ["discount"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(EventItem.prototype, "_coupon", {
                get: $util.oneOfGetter($oneOfFields = ["coupon"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            /**
             * Encodes the specified EventItem message. Does not implicitly {@link vitrine.v1.EventItem.verify|verify} messages.
             * @function encode
             * @memberof vitrine.v1.EventItem
             * @static
             * @param {vitrine.v1.EventItem.$Properties} message EventItem message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            EventItem.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.item_id != null && $Object.hasOwnProperty.call(message, "item_id"))
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.item_id);
                if (message.price != null && $Object.hasOwnProperty.call(message, "price"))
                    writer.uint32(/* id 2, wireType 1 =*/17).double(message.price);
                if (message.quantity != null && $Object.hasOwnProperty.call(message, "quantity"))
                    writer.uint32(/* id 3, wireType 0 =*/24).int32(message.quantity);
                if (message.index != null && $Object.hasOwnProperty.call(message, "index"))
                    writer.uint32(/* id 4, wireType 0 =*/32).int32(message.index);
                if (message.discount != null && $Object.hasOwnProperty.call(message, "discount"))
                    writer.uint32(/* id 5, wireType 1 =*/41).double(message.discount);
                if (message.coupon != null && $Object.hasOwnProperty.call(message, "coupon"))
                    writer.uint32(/* id 6, wireType 2 =*/50).string(message.coupon);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an EventItem message from the specified reader or buffer.
             * @function decode
             * @memberof vitrine.v1.EventItem
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {vitrine.v1.EventItem & vitrine.v1.EventItem.$Shape} EventItem
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            EventItem.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.vitrine.v1.EventItem();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            message.item_id = reader.stringVerify();
                            message._item_id = "item_id";
                            continue;
                        }
                    case 2: {
                            if (wireType !== 1)
                                break;
                            message.price = reader.double();
                            message._price = "price";
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            message.quantity = reader.int32();
                            message._quantity = "quantity";
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            message.index = reader.int32();
                            message._index = "index";
                            continue;
                        }
                    case 5: {
                            if (wireType !== 1)
                                break;
                            message.discount = reader.double();
                            message._discount = "discount";
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            message.coupon = reader.stringVerify();
                            message._coupon = "coupon";
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return EventItem;
        })();

        return v1;
    })();

    return vitrine;
})();

export {
  $root as default
};
