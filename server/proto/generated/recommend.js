/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["vitrine-recommend"] || ($protobuf.roots["vitrine-recommend"] = {});

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

        v1.RecommendReply = (function() {

            /**
             * Properties of a RecommendReply.
             * @typedef {Object} vitrine.v1.RecommendReply.$Properties
             * @property {string|null} [recommendation_id] RecommendReply recommendation_id
             * @property {string|null} [scene] RecommendReply scene
             * @property {Array.<vitrine.v1.SlateItem.$Properties>|null} [items] RecommendReply items
             * @property {string|null} [model_version] RecommendReply model_version
             * @property {vitrine.v1.Degradation.$Properties|null} [degraded] RecommendReply degraded
             * @property {string|null} [attribution_token] RecommendReply attribution_token
             * @property {vitrine.v1.Personalization.$Properties|null} [personalization] RecommendReply personalization
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a RecommendReply.
             * @memberof vitrine.v1
             * @interface IRecommendReply
             * @augments vitrine.v1.RecommendReply.$Properties
             * @deprecated Use vitrine.v1.RecommendReply.$Properties instead.
             */

            /**
             * Shape of a RecommendReply.
             * @typedef {vitrine.v1.RecommendReply.$Properties} vitrine.v1.RecommendReply.$Shape
             */

            /**
             * Constructs a new RecommendReply.
             * @memberof vitrine.v1
             * @classdesc Represents a RecommendReply.
             * @constructor
             * @param {vitrine.v1.RecommendReply.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const RecommendReply = function (properties) {
                this.items = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * RecommendReply recommendation_id.
             * @member {string} recommendation_id
             * @memberof vitrine.v1.RecommendReply
             * @instance
             */
            RecommendReply.prototype.recommendation_id = "";

            /**
             * RecommendReply scene.
             * @member {string} scene
             * @memberof vitrine.v1.RecommendReply
             * @instance
             */
            RecommendReply.prototype.scene = "";

            /**
             * RecommendReply items.
             * @member {Array.<vitrine.v1.SlateItem.$Properties>} items
             * @memberof vitrine.v1.RecommendReply
             * @instance
             */
            RecommendReply.prototype.items = $util.emptyArray;

            /**
             * RecommendReply model_version.
             * @member {string} model_version
             * @memberof vitrine.v1.RecommendReply
             * @instance
             */
            RecommendReply.prototype.model_version = "";

            /**
             * RecommendReply degraded.
             * @member {vitrine.v1.Degradation.$Properties|null|undefined} degraded
             * @memberof vitrine.v1.RecommendReply
             * @instance
             */
            RecommendReply.prototype.degraded = null;

            /**
             * RecommendReply attribution_token.
             * @member {string} attribution_token
             * @memberof vitrine.v1.RecommendReply
             * @instance
             */
            RecommendReply.prototype.attribution_token = "";

            /**
             * RecommendReply personalization.
             * @member {vitrine.v1.Personalization.$Properties|null|undefined} personalization
             * @memberof vitrine.v1.RecommendReply
             * @instance
             */
            RecommendReply.prototype.personalization = null;

            // OneOf field names bound to virtual getters and setters
            let $oneOfFields;

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(RecommendReply.prototype, "_degraded", {
                get: $util.oneOfGetter($oneOfFields = ["degraded"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(RecommendReply.prototype, "_personalization", {
                get: $util.oneOfGetter($oneOfFields = ["personalization"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            /**
             * Encodes the specified RecommendReply message. Does not implicitly {@link vitrine.v1.RecommendReply.verify|verify} messages.
             * @function encode
             * @memberof vitrine.v1.RecommendReply
             * @static
             * @param {vitrine.v1.RecommendReply.$Properties} message RecommendReply message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            RecommendReply.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.recommendation_id != null && $Object.hasOwnProperty.call(message, "recommendation_id") && message.recommendation_id !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.recommendation_id);
                if (message.scene != null && $Object.hasOwnProperty.call(message, "scene") && message.scene !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.scene);
                if (message.items != null && message.items.length)
                    for (let i = 0; i < message.items.length; ++i)
                        $root.vitrine.v1.SlateItem.encode(message.items[i], writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
                if (message.model_version != null && $Object.hasOwnProperty.call(message, "model_version") && message.model_version !== "")
                    writer.uint32(/* id 4, wireType 2 =*/34).string(message.model_version);
                if (message.degraded != null && $Object.hasOwnProperty.call(message, "degraded"))
                    $root.vitrine.v1.Degradation.encode(message.degraded, writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
                if (message.attribution_token != null && $Object.hasOwnProperty.call(message, "attribution_token") && message.attribution_token !== "")
                    writer.uint32(/* id 6, wireType 2 =*/50).string(message.attribution_token);
                if (message.personalization != null && $Object.hasOwnProperty.call(message, "personalization"))
                    $root.vitrine.v1.Personalization.encode(message.personalization, writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a RecommendReply message from the specified reader or buffer.
             * @function decode
             * @memberof vitrine.v1.RecommendReply
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {vitrine.v1.RecommendReply & vitrine.v1.RecommendReply.$Shape} RecommendReply
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            RecommendReply.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.vitrine.v1.RecommendReply();
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
                            if ((value = reader.stringVerify()).length)
                                message.recommendation_id = value;
                            else
                                delete message.recommendation_id;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.scene = value;
                            else
                                delete message.scene;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if (!(message.items && message.items.length))
                                message.items = [];
                            message.items.push($root.vitrine.v1.SlateItem.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.model_version = value;
                            else
                                delete message.model_version;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            message.degraded = $root.vitrine.v1.Degradation.decode(reader, reader.size(), $undefined, _depth + 1, message.degraded);
                            message._degraded = "degraded";
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.attribution_token = value;
                            else
                                delete message.attribution_token;
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            message.personalization = $root.vitrine.v1.Personalization.decode(reader, reader.size(), $undefined, _depth + 1, message.personalization);
                            message._personalization = "personalization";
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

            return RecommendReply;
        })();

        v1.SlateItem = (function() {

            /**
             * Properties of a SlateItem.
             * @typedef {Object} vitrine.v1.SlateItem.$Properties
             * @property {string|null} [item_id] SlateItem item_id
             * @property {number|null} [position] SlateItem position
             * @property {number|null} [score] SlateItem score
             * @property {string|null} [source] SlateItem source
             * @property {Array.<string>|null} [reasons] SlateItem reasons
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a SlateItem.
             * @memberof vitrine.v1
             * @interface ISlateItem
             * @augments vitrine.v1.SlateItem.$Properties
             * @deprecated Use vitrine.v1.SlateItem.$Properties instead.
             */

            /**
             * Shape of a SlateItem.
             * @typedef {vitrine.v1.SlateItem.$Properties} vitrine.v1.SlateItem.$Shape
             */

            /**
             * Constructs a new SlateItem.
             * @memberof vitrine.v1
             * @classdesc Represents a SlateItem.
             * @constructor
             * @param {vitrine.v1.SlateItem.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const SlateItem = function (properties) {
                this.reasons = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * SlateItem item_id.
             * @member {string} item_id
             * @memberof vitrine.v1.SlateItem
             * @instance
             */
            SlateItem.prototype.item_id = "";

            /**
             * SlateItem position.
             * @member {number} position
             * @memberof vitrine.v1.SlateItem
             * @instance
             */
            SlateItem.prototype.position = 0;

            /**
             * SlateItem score.
             * @member {number} score
             * @memberof vitrine.v1.SlateItem
             * @instance
             */
            SlateItem.prototype.score = 0;

            /**
             * SlateItem source.
             * @member {string} source
             * @memberof vitrine.v1.SlateItem
             * @instance
             */
            SlateItem.prototype.source = "";

            /**
             * SlateItem reasons.
             * @member {Array.<string>} reasons
             * @memberof vitrine.v1.SlateItem
             * @instance
             */
            SlateItem.prototype.reasons = $util.emptyArray;

            /**
             * Encodes the specified SlateItem message. Does not implicitly {@link vitrine.v1.SlateItem.verify|verify} messages.
             * @function encode
             * @memberof vitrine.v1.SlateItem
             * @static
             * @param {vitrine.v1.SlateItem.$Properties} message SlateItem message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            SlateItem.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.item_id != null && $Object.hasOwnProperty.call(message, "item_id") && message.item_id !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.item_id);
                if (message.position != null && $Object.hasOwnProperty.call(message, "position") && message.position !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.position);
                if (message.score != null && $Object.hasOwnProperty.call(message, "score") && !$Object.is(message.score, 0))
                    writer.uint32(/* id 3, wireType 1 =*/25).double(message.score);
                if (message.source != null && $Object.hasOwnProperty.call(message, "source") && message.source !== "")
                    writer.uint32(/* id 4, wireType 2 =*/34).string(message.source);
                if (message.reasons != null && message.reasons.length)
                    for (let i = 0; i < message.reasons.length; ++i)
                        writer.uint32(/* id 5, wireType 2 =*/42).string(message.reasons[i]);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a SlateItem message from the specified reader or buffer.
             * @function decode
             * @memberof vitrine.v1.SlateItem
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {vitrine.v1.SlateItem & vitrine.v1.SlateItem.$Shape} SlateItem
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            SlateItem.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.vitrine.v1.SlateItem();
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
                            if ((value = reader.stringVerify()).length)
                                message.item_id = value;
                            else
                                delete message.item_id;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.position = value;
                            else
                                delete message.position;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.score = value;
                            else
                                delete message.score;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.source = value;
                            else
                                delete message.source;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if (!(message.reasons && message.reasons.length))
                                message.reasons = [];
                            message.reasons.push(reader.stringVerify());
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

            return SlateItem;
        })();

        v1.Degradation = (function() {

            /**
             * Properties of a Degradation.
             * @typedef {Object} vitrine.v1.Degradation.$Properties
             * @property {string|null} [tier] Degradation tier
             * @property {Array.<string>|null} [reasons] Degradation reasons
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Degradation.
             * @memberof vitrine.v1
             * @interface IDegradation
             * @augments vitrine.v1.Degradation.$Properties
             * @deprecated Use vitrine.v1.Degradation.$Properties instead.
             */

            /**
             * Shape of a Degradation.
             * @typedef {vitrine.v1.Degradation.$Properties} vitrine.v1.Degradation.$Shape
             */

            /**
             * Constructs a new Degradation.
             * @memberof vitrine.v1
             * @classdesc Represents a Degradation.
             * @constructor
             * @param {vitrine.v1.Degradation.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Degradation = function (properties) {
                this.reasons = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Degradation tier.
             * @member {string} tier
             * @memberof vitrine.v1.Degradation
             * @instance
             */
            Degradation.prototype.tier = "";

            /**
             * Degradation reasons.
             * @member {Array.<string>} reasons
             * @memberof vitrine.v1.Degradation
             * @instance
             */
            Degradation.prototype.reasons = $util.emptyArray;

            /**
             * Encodes the specified Degradation message. Does not implicitly {@link vitrine.v1.Degradation.verify|verify} messages.
             * @function encode
             * @memberof vitrine.v1.Degradation
             * @static
             * @param {vitrine.v1.Degradation.$Properties} message Degradation message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Degradation.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.tier != null && $Object.hasOwnProperty.call(message, "tier") && message.tier !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.tier);
                if (message.reasons != null && message.reasons.length)
                    for (let i = 0; i < message.reasons.length; ++i)
                        writer.uint32(/* id 2, wireType 2 =*/18).string(message.reasons[i]);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Degradation message from the specified reader or buffer.
             * @function decode
             * @memberof vitrine.v1.Degradation
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {vitrine.v1.Degradation & vitrine.v1.Degradation.$Shape} Degradation
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Degradation.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.vitrine.v1.Degradation();
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
                            if ((value = reader.stringVerify()).length)
                                message.tier = value;
                            else
                                delete message.tier;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if (!(message.reasons && message.reasons.length))
                                message.reasons = [];
                            message.reasons.push(reader.stringVerify());
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

            return Degradation;
        })();

        v1.Personalization = (function() {

            /**
             * Properties of a Personalization.
             * @typedef {Object} vitrine.v1.Personalization.$Properties
             * @property {boolean|null} [applied] Personalization applied
             * @property {string|null} [reason] Personalization reason
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Personalization.
             * @memberof vitrine.v1
             * @interface IPersonalization
             * @augments vitrine.v1.Personalization.$Properties
             * @deprecated Use vitrine.v1.Personalization.$Properties instead.
             */

            /**
             * Shape of a Personalization.
             * @typedef {vitrine.v1.Personalization.$Properties} vitrine.v1.Personalization.$Shape
             */

            /**
             * Constructs a new Personalization.
             * @memberof vitrine.v1
             * @classdesc Represents a Personalization.
             * @constructor
             * @param {vitrine.v1.Personalization.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Personalization = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Personalization applied.
             * @member {boolean} applied
             * @memberof vitrine.v1.Personalization
             * @instance
             */
            Personalization.prototype.applied = false;

            /**
             * Personalization reason.
             * @member {string} reason
             * @memberof vitrine.v1.Personalization
             * @instance
             */
            Personalization.prototype.reason = "";

            /**
             * Encodes the specified Personalization message. Does not implicitly {@link vitrine.v1.Personalization.verify|verify} messages.
             * @function encode
             * @memberof vitrine.v1.Personalization
             * @static
             * @param {vitrine.v1.Personalization.$Properties} message Personalization message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Personalization.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.applied != null && $Object.hasOwnProperty.call(message, "applied") && message.applied !== false)
                    writer.uint32(/* id 1, wireType 0 =*/8).bool(message.applied);
                if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.reason);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Personalization message from the specified reader or buffer.
             * @function decode
             * @memberof vitrine.v1.Personalization
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {vitrine.v1.Personalization & vitrine.v1.Personalization.$Shape} Personalization
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Personalization.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.vitrine.v1.Personalization();
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
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.applied = value;
                            else
                                delete message.applied;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.reason = value;
                            else
                                delete message.reason;
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

            return Personalization;
        })();

        return v1;
    })();

    return vitrine;
})();

export {
  $root as default
};
